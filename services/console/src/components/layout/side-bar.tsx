import type { Workspace } from "../../features/workspaces/session.ts";
import { classNames } from "../../library/class-names.ts";
import { Navigation } from "./navigation.tsx";
import { UserMenu } from "./user-menu.tsx";
import { WorkspaceSwitcher } from "./workspace-switcher.tsx";

type SideBarProps = { workspace: Workspace; onNavigate?: () => void };

/** Workspace, pages and account; fixed on wide screens, in a sheet on narrow ones. */
export function SideBar({ workspace, onNavigate }: SideBarProps) {
  return (
    <>
      <div className={classNames("p-2.5", onNavigate !== undefined && "pr-12")}>
        <WorkspaceSwitcher workspace={workspace} />
      </div>
      <div className="flex-1 overflow-y-auto px-2.5 py-2">
        <Navigation workspaceId={workspace.id} {...(onNavigate === undefined ? {} : { onNavigate })} />
      </div>
      <div className="border-t border-line p-2.5">
        <UserMenu />
      </div>
    </>
  );
}
