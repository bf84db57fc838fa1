import { Compass } from "lucide-react";
import { Link } from "react-router";
import { useDocumentTitle } from "../components/layout/page-header.tsx";
import { buttonStyles } from "../components/ui/button.tsx";
import { StateMessage } from "../components/ui/state-message.tsx";
import { messages } from "../messages/messages.ts";

export function NotFoundPage() {
  useDocumentTitle(messages.common.errors.notFoundTitle);
  return (
    <main className="grid min-h-[70dvh] place-items-center p-4">
      <StateMessage
        icon={Compass}
        title={messages.common.errors.notFoundTitle}
        description={messages.common.errors.notFound}
        headingLevel={1}
        action={
          <Link to="/app" className={buttonStyles()}>
            {messages.common.errors.goHome}
          </Link>
        }
      />
    </main>
  );
}
