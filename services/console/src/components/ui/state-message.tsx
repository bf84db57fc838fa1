import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";

type StateMessageProps = {
  icon: LucideIcon;
  title: string;
  description?: ReactNode;
  action?: ReactNode;
  headingLevel?: 1 | 2;
  className?: string;
};

/** What stands in the place of content: empty, failed, forbidden, not found. */
export function StateMessage(properties: StateMessageProps) {
  const { icon: Icon, title, description, action, headingLevel = 2, className } = properties;
  const Heading = `h${headingLevel}` as const;
  return (
    <div className={classNames("flex max-w-sm flex-col items-center px-4 py-10 text-center", className)}>
      <span className="mb-4 grid size-10 place-items-center rounded-lg border border-line bg-surface text-muted shadow-raised">
        <Icon aria-hidden="true" className="size-5" strokeWidth={1.75} />
      </span>
      <Heading className="text-base font-semibold">{title}</Heading>
      {description !== undefined && <div className="mt-1 text-sm text-pretty text-muted">{description}</div>}
      {action !== undefined && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
