import { api } from "@perpetuo/client/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useNavigate } from "react-router";
import { revealApiKey } from "../../features/api-keys/revealed-key.ts";
import { useSession } from "../../features/workspaces/session.ts";
import { messages } from "../../messages/messages.ts";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "../../theme/theme.ts";
import { failureText } from "../ui/failure.tsx";
import { Menu, type MenuChoice, MenuItem, MenuRadioGroup, MenuSeparator } from "../ui/menu.tsx";
import { notify } from "../ui/toaster.tsx";
import { ShellButton } from "./shell-button.tsx";

const themeChoices: MenuChoice<ThemeChoice>[] = [
  { value: "system", label: messages.common.theme.system, icon: <Monitor aria-hidden="true" /> },
  { value: "light", label: messages.common.theme.light, icon: <Sun aria-hidden="true" /> },
  { value: "dark", label: messages.common.theme.dark, icon: <Moon aria-hidden="true" /> },
];

/** The account: theme and log-out. */
export function UserMenu() {
  const { user } = useSession();
  const theme = useThemeChoice();
  const logOut = useLogOut();
  return (
    <Menu
      side="top"
      trigger={
        <ShellButton>
          <span className="sr-only">{messages.shell.account}: </span>
          <Initial text={user.name} />
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium">{user.name}</span>
            <span className="block truncate text-xs text-faint">{user.email}</span>
          </span>
          <ChevronsUpDown aria-hidden="true" className="size-3.5 text-faint" />
        </ShellButton>
      }
    >
      <MenuRadioGroup
        label={messages.common.theme.label}
        value={theme}
        choices={themeChoices}
        onChange={chooseTheme}
      />
      <MenuSeparator />
      <MenuItem onClick={() => logOut.mutate()}>
        <LogOut aria-hidden="true" />
        {messages.shell.logOut}
      </MenuItem>
    </Menu>
  );
}

/** Ends the session and forgets everything that was read with it. */
function useLogOut() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return api.auth.logOut.useMutation({
    onSuccess: async () => {
      revealApiKey(null);
      await navigate("/app/login", { replace: true });
      queryClient.clear();
    },
    onError: (error) => notify.failure(failureText(error)),
  });
}

function Initial({ text }: { text: string }) {
  const [first = ""] = text.trim();
  return (
    <span
      aria-hidden="true"
      className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
    >
      {first}
    </span>
  );
}
