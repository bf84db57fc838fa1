import { Activity, SearchX } from "lucide-react";
import { Link } from "react-router";
import { Button, buttonStyles } from "../../components/ui/button.tsx";
import { StateMessage } from "../../components/ui/state-message.tsx";
import { messages } from "../../messages/messages.ts";

const text = messages.requests.empty;

type EmptyRequestsProps = { workspaceId: string; filtered: boolean; onClear: () => void };

/** Nothing to show: either nothing matches, or nothing was ever sent. */
export function EmptyRequests({ workspaceId, filtered, onClear }: EmptyRequestsProps) {
  return (
    <div className="grid flex-1 place-items-center">
      {filtered ? (
        <StateMessage
          icon={SearchX}
          title={text.filteredTitle}
          description={text.filteredDescription}
          action={<Button onClick={onClear}>{messages.requests.filters.clear}</Button>}
        />
      ) : (
        <StateMessage
          icon={Activity}
          title={text.title}
          description={text.description}
          action={
            <Link to={`/app/${workspaceId}/get-started`} className={buttonStyles({ variant: "primary" })}>
              {text.action}
            </Link>
          }
        />
      )}
    </div>
  );
}
