import type { Workspace } from "../../features/workspaces/session.ts";
import { messages } from "../../messages/messages.ts";
import { OverlayClose, Sheet } from "../ui/dialog.tsx";
import { SideBar } from "./side-bar.tsx";

type NavigationSheetProps = { workspace: Workspace; open: boolean; onOpenChange: (open: boolean) => void };

/** The side bar of narrow screens. */
export function NavigationSheet({ workspace, open, onOpenChange }: NavigationSheetProps) {
  return (
    <Sheet
      side="left"
      open={open}
      onOpenChange={onOpenChange}
      label={messages.shell.navigation}
      className="max-w-72 bg-sunken"
    >
      <OverlayClose className="absolute top-4 right-3 z-10" />
      <SideBar workspace={workspace} onNavigate={() => onOpenChange(false)} />
    </Sheet>
  );
}
