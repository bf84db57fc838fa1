import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";

const tones = {
  info: { icon: Info, className: "border-line bg-sunken text-foreground [&_svg]:text-muted" },
  warning: { icon: TriangleAlert, className: "border-warning/25 bg-warning-soft text-warning" },
  danger: { icon: CircleAlert, className: "border-danger/25 bg-danger-soft text-danger" },
};

type CalloutProps = { tone?: keyof typeof tones; title?: string; className?: string; children?: ReactNode };

/** A message within a page or form. A `danger` callout announces itself. */
export function Callout({ tone = "info", title, className, children }: CalloutProps) {
  const { icon: Icon, className: toneClassName } = tones[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : undefined}
      className={classNames("flex gap-2.5 rounded-lg border px-3 py-2.5 text-sm", toneClassName, className)}
    >
      <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-medium">{title}</p>}
        {children !== undefined && <div className="break-words">{children}</div>}
      </div>
    </div>
  );
}
