import { Menu as MenuIcon } from "lucide-react";
import { lazy, useEffect, useState } from "react";
import { Outlet } from "react-router";
import { NotFoundPage } from "../../app/not-found-page.tsx";
import { rememberLastWorkspace } from "../../features/workspaces/last-workspace.ts";
import { useWorkspaceOfUrl, type Workspace } from "../../features/workspaces/session.ts";
import { messages } from "../../messages/messages.ts";
import { Button } from "../ui/button.tsx";
import { LoadWhenOpen } from "../ui/load-when-open.tsx";
import { Brand } from "./brand.tsx";
import { SideBar } from "./side-bar.tsx";

const NavigationSheet = lazy(async () => {
  const { NavigationSheet: component } = await import("./navigation-sheet.tsx");
  return { default: component };
});

const contentId = "content";

/** The frame around the pages of one workspace. */
export function AppShell() {
  const workspace = useWorkspaceOfUrl();
  const workspaceId = workspace?.id;
  useEffect(() => {
    if (workspaceId !== undefined) rememberLastWorkspace(workspaceId);
  }, [workspaceId]);

  if (workspace === null) return <NotFoundPage />;
  return (
    <div className="flex min-h-dvh flex-col lg:flex-row">
      <SkipLink />
      <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 flex-col border-r border-line bg-sunken lg:flex">
        <SideBar workspace={workspace} />
      </aside>
      <MobileBar workspace={workspace} />
      {/* The key unmounts a page with its state when another workspace opens. */}
      <main key={workspace.id} id={contentId} tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <Outlet />
      </main>
    </div>
  );
}

function SkipLink() {
  return (
    <a
      href={`#${contentId}`}
      className="fixed top-2 left-2 z-60 -translate-y-20 rounded-md bg-primary px-3 py-2 text-sm font-medium text-on-primary focus:translate-y-0"
    >
      {messages.common.skipToContent}
    </a>
  );
}

function MobileBar({ workspace }: { workspace: Workspace }) {
  const [open, setOpen] = useState(false);
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-line bg-background px-3 lg:hidden">
      <Button
        variant="ghost"
        size="icon"
        aria-label={messages.shell.openNavigation}
        aria-expanded={open}
        onClick={() => setOpen(true)}
      >
        <MenuIcon aria-hidden="true" />
      </Button>
      <Brand />
      <LoadWhenOpen open={open}>
        <NavigationSheet workspace={workspace} open={open} onOpenChange={setOpen} />
      </LoadWhenOpen>
    </header>
  );
}
