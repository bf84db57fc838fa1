import { Unplug } from "lucide-react";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { useDocumentTitle } from "../components/layout/page-header.tsx";
import { Button } from "../components/ui/button.tsx";
import { StateMessage } from "../components/ui/state-message.tsx";
import { messages } from "../messages/messages.ts";
import { NotFoundPage } from "./not-found-page.tsx";

/** Shown when a page threw, or its code could not be loaded, as after an update of the server. */
export function CrashedPage() {
  const error = useRouteError();
  useDocumentTitle(messages.common.errors.crashedTitle);
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFoundPage />;
  return (
    <main className="grid min-h-[70dvh] place-items-center p-4">
      <StateMessage
        icon={Unplug}
        title={messages.common.errors.crashedTitle}
        description={messages.common.errors.crashed}
        headingLevel={1}
        action={
          <Button variant="primary" onClick={() => window.location.reload()}>
            {messages.common.errors.reload}
          </Button>
        }
      />
    </main>
  );
}
