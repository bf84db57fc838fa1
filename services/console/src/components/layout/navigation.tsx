import {
  Activity,
  ChartColumn,
  ChartLine,
  KeyRound,
  type LucideIcon,
  Plug,
  Rocket,
  ScrollText,
  Users,
  Wallet,
} from "lucide-react";
import { NavLink, useSearchParams } from "react-router";
import { classNames } from "../../library/class-names.ts";
import { messages } from "../../messages/messages.ts";

type NavigationItem = { path: string; label: string; icon: LucideIcon };
type NavigationGroup = { label: string | null; items: NavigationItem[] };

const { pages, groups } = messages.shell;

/** The pages of a workspace, in the order of the side bar. */
const navigation: NavigationGroup[] = [
  { label: null, items: [{ path: "get-started", label: pages.getStarted, icon: Rocket }] },
  {
    label: groups.observe,
    items: [
      { path: "overview", label: pages.overview, icon: ChartLine },
      { path: "requests", label: pages.requests, icon: Activity },
      { path: "usage", label: pages.usage, icon: ChartColumn },
    ],
  },
  {
    label: groups.configure,
    items: [
      { path: "providers", label: pages.providers, icon: Plug },
      { path: "api-keys", label: pages.apiKeys, icon: KeyRound },
      { path: "budgets", label: pages.budgets, icon: Wallet },
    ],
  },
  {
    label: groups.workspace,
    items: [
      { path: "team", label: pages.team, icon: Users },
      { path: "audit", label: pages.audit, icon: ScrollText },
    ],
  },
];

type NavigationProps = { workspaceId: string; onNavigate?: () => void };

export function Navigation({ workspaceId, onNavigate }: NavigationProps) {
  const search = useSharedSearch();
  return (
    <nav aria-label={messages.shell.navigation} className="flex flex-col gap-4">
      {navigation.map((group) => (
        <div key={group.label ?? ""} className="flex flex-col gap-0.5">
          {group.label !== null && <p className="px-2 pb-1 text-xs text-faint">{group.label}</p>}
          {group.items.map(({ path, label, icon: Icon }) => (
            <NavLink
              key={path}
              to={{ pathname: `/app/${workspaceId}/${path}`, search }}
              {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
              className={({ isActive }) =>
                classNames(
                  "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium transition-colors",
                  isActive ? "bg-hover text-foreground" : "text-muted hover:bg-hover hover:text-foreground",
                )
              }
            >
              {({ isActive }) => (
                <>
                  <Icon
                    aria-hidden="true"
                    className={classNames("size-4", isActive ? "text-accent" : "text-faint")}
                    strokeWidth={1.9}
                  />
                  {label}
                </>
              )}
            </NavLink>
          ))}
        </div>
      ))}
    </nav>
  );
}

/** The range of time, which one page hands to the next. A page that does not know its value falls back to its own. */
function useSharedSearch(): string {
  const [parameters] = useSearchParams();
  const range = parameters.get("range");
  return range === null ? "" : new URLSearchParams({ range }).toString();
}
