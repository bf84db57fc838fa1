import { ChevronsUpDown, Plus } from "lucide-react";
import { lazy, useState } from "react";
import { useNavigate } from "react-router";
import { useSession, type Workspace } from "../../features/workspaces/session.ts";
import { messages } from "../../messages/messages.ts";
import { LoadWhenOpen } from "../ui/load-when-open.tsx";
import { Menu, MenuItem, MenuRadioGroup, MenuSeparator } from "../ui/menu.tsx";
import { BrandMark } from "./brand.tsx";
import { ShellButton } from "./shell-button.tsx";

const NewWorkspaceDialog = lazy(async () => {
  const { NewWorkspaceDialog: component } = await import(
    "../../features/workspaces/new-workspace-dialog.tsx"
  );
  return { default: component };
});

/** Shows the open workspace, opens another, or makes a new one. */
export function WorkspaceSwitcher({ workspace }: { workspace: Workspace }) {
  const { workspaces } = useSession();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu
        trigger={
          <ShellButton>
            <span className="sr-only">{messages.shell.switchWorkspace}: </span>
            <span className="grid size-7 shrink-0 place-items-center rounded-md bg-primary text-on-primary">
              <BrandMark className="size-5" />
            </span>
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm font-semibold">{workspace.name}</span>
              <span className="block truncate text-xs text-faint">
                {messages.shell.roles[workspace.role]}
              </span>
            </span>
            <ChevronsUpDown aria-hidden="true" className="size-3.5 text-faint" />
          </ShellButton>
        }
      >
        <MenuRadioGroup
          label={messages.shell.workspaces}
          value={workspace.id}
          choices={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(id) => void navigate(`/app/${id}`)}
        />
        <MenuSeparator />
        <MenuItem onClick={() => setCreating(true)}>
          <Plus aria-hidden="true" />
          {messages.shell.newWorkspace}
        </MenuItem>
      </Menu>
      <LoadWhenOpen open={creating}>
        <NewWorkspaceDialog open={creating} onOpenChange={setCreating} />
      </LoadWhenOpen>
    </>
  );
}
