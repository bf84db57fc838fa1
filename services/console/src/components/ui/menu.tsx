import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import { classNames } from "../../library/class-names.ts";
import { popupStyles } from "./popup-styles.ts";

type MenuProps = {
  /** The element that opens the menu; it must be able to take a ref and button properties. */
  trigger: ReactElement;
  side?: ComponentProps<typeof BaseMenu.Positioner>["side"];
  align?: ComponentProps<typeof BaseMenu.Positioner>["align"];
  className?: string;
  children: ReactNode;
};

export function Menu({ trigger, side = "bottom", align = "start", className, children }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner side={side} align={align} sideOffset={6} className="z-50 outline-none">
          <BaseMenu.Popup
            className={classNames(popupStyles, "min-w-52 max-w-(--available-width)", className)}
          >
            {children}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

const itemStyles =
  "flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 py-1 text-sm outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted";

export function MenuItem({
  className,
  ...rest
}: ComponentProps<typeof BaseMenu.Item> & { className?: string }) {
  return <BaseMenu.Item {...rest} className={classNames(itemStyles, className)} />;
}

export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <BaseMenu.Group>
      <BaseMenu.GroupLabel className="px-2 pt-1.5 pb-1 text-xs text-faint">{label}</BaseMenu.GroupLabel>
      {children}
    </BaseMenu.Group>
  );
}

export function MenuSeparator() {
  return <BaseMenu.Separator className="-mx-1 my-1 h-px bg-line" />;
}

export type MenuChoice<TValue extends string> = { value: TValue; label: string; icon?: ReactNode };

/** A set of menu items of which exactly one is chosen. */
export function MenuRadioGroup<TValue extends string>(properties: {
  label: string;
  value: TValue;
  choices: readonly MenuChoice<TValue>[];
  onChange: (value: TValue) => void;
}) {
  return (
    <MenuGroup label={properties.label}>
      <BaseMenu.RadioGroup value={properties.value} onValueChange={properties.onChange}>
        {properties.choices.map((choice) => (
          <BaseMenu.RadioItem key={choice.value} value={choice.value} closeOnClick className={itemStyles}>
            {choice.icon}
            <span className="min-w-0 flex-1 truncate">{choice.label}</span>
            <BaseMenu.RadioItemIndicator>
              <Check aria-hidden="true" className="size-3.5" />
            </BaseMenu.RadioItemIndicator>
          </BaseMenu.RadioItem>
        ))}
      </BaseMenu.RadioGroup>
    </MenuGroup>
  );
}
