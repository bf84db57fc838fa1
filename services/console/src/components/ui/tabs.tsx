import { Tabs as BaseTabs } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export type Tab<TValue extends string> = { value: TValue; label: string };

type TabsProps<TValue extends string> = {
  label: string;
  value: TValue;
  tabs: readonly Tab<TValue>[];
  onChange: (value: TValue) => void;
  /** Stands at the end of the row of tabs. */
  action?: ReactNode;
  children: ReactNode;
};

/** Tabs over one panel whose content the caller chooses by `value`. */
export function Tabs<TValue extends string>(properties: TabsProps<TValue>) {
  const { label, value, tabs, onChange, action, children } = properties;
  return (
    <BaseTabs.Root value={value} onValueChange={(next) => onChange(next as TValue)}>
      <div className="flex items-center gap-2 border-b border-line pr-1.5 pl-1">
        <BaseTabs.List aria-label={label} className="relative flex min-w-0 flex-1 overflow-x-auto">
          {tabs.map((tab) => (
            <BaseTabs.Tab
              key={tab.value}
              value={tab.value}
              className="h-10 cursor-pointer rounded-md px-2.5 text-sm font-medium whitespace-nowrap text-muted outline-offset-[-3px] transition-colors hover:text-foreground data-active:text-foreground"
            >
              {tab.label}
            </BaseTabs.Tab>
          ))}
          <BaseTabs.Indicator className="absolute bottom-0 left-(--active-tab-left) h-0.5 w-(--active-tab-width) bg-foreground transition-[left,width] duration-150" />
        </BaseTabs.List>
        {action}
      </div>
      <BaseTabs.Panel value={value} className="outline-offset-[-2px]">
        {children}
      </BaseTabs.Panel>
    </BaseTabs.Root>
  );
}
