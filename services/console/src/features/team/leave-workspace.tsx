import { api } from "@perpetuo/client/hooks";
import { useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { messages } from "../../messages/messages.ts";
import type { Workspace } from "../workspaces/session.ts";

const text = messages.team;

/** The reader's own way out. Control refuses it to the last owner. */
export function LeaveWorkspace({ workspace }: { workspace: Workspace }) {
  const [leaving, setLeaving] = useState<Workspace | null>(null);
  const navigate = useNavigate();
  const utils = api.useUtils();
  const leave = api.members.leave.useMutation({
    onSuccess: async () => {
      await navigate("/app", { replace: true });
      await utils.auth.me.invalidate();
    },
  });
  return (
    <div>
      <Button variant="danger-ghost" onClick={() => setLeaving(workspace)}>
        {text.leave}
      </Button>
      <ConfirmDialog
        subject={leaving}
        title={({ name }) => text.leaveDialog.title(name)}
        description={text.leaveDialog.description}
        confirm={text.leaveDialog.confirm}
        pending={leave.isPending}
        error={leave.error}
        onConfirm={({ id }) => leave.mutate({ workspace_id: id })}
        onClose={() => {
          leave.reset();
          setLeaving(null);
        }}
      />
    </div>
  );
}
