import { api } from "@perpetuo/client/hooks";
import { lazy, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { FormFailure } from "../../components/ui/failure.tsx";
import { LoadWhenOpen } from "../../components/ui/load-when-open.tsx";
import { messages } from "../../messages/messages.ts";
import { SecretOnce } from "../api-keys/secret-once.tsx";
import { providerTitle } from "../providers/provider-title.ts";
import { useSession } from "../workspaces/session.ts";
import { Step } from "./step.tsx";
import { useCreateFirstKey } from "./use-create-first-key.ts";
import type { GetStarted } from "./use-get-started.ts";

const text = messages.getStarted;

const AddProviderDialog = lazy(async () => {
  const { AddProviderDialog: component } = await import("../providers/add-provider-dialog.tsx");
  return { default: component };
});

/** The mock provider accepts any credential. */
const mockCredential = "mock";

export function Steps({ state }: { state: GetStarted }) {
  const { user } = useSession();
  const { checklist } = state;
  return (
    <ol>
      <Step number={1} title={text.account.title} state={checklist.account}>
        <p className="break-words">{text.account.done(user.email, state.workspace.name)}</p>
      </Step>
      <Step number={2} title={text.provider.title} state={checklist.provider}>
        <ProviderStep state={state} />
      </Step>
      <Step number={3} title={text.apiKey.title} state={checklist.apiKey}>
        <ApiKeyStep state={state} />
      </Step>
      <Step number={4} title={text.request.title} state={checklist.request}>
        <p>{checklist.request === "done" ? text.finished.description : text.request.description}</p>
      </Step>
    </ol>
  );
}

function ProviderStep({ state }: { state: GetStarted }) {
  const [adding, setAdding] = useState(false);
  const workspace_id = state.workspace.id;
  const utils = api.useUtils();
  const addMock = api.providers.add.useMutation({ onSuccess: () => utils.providers.list.invalidate() });

  if (state.providerKeys.length > 0) {
    return (
      <p className="break-words">{text.provider.done(state.providerKeys.map(providerTitle).join(", "))}</p>
    );
  }
  if (!state.mayChange) return <p>{text.provider.forbidden}</p>;
  return (
    <>
      <p>{text.provider.description}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          variant="primary"
          pending={addMock.isPending}
          onClick={() => addMock.mutate({ workspace_id, provider: "mock", api_key: mockCredential })}
        >
          {text.provider.useMock}
        </Button>
        <Button onClick={() => setAdding(true)}>{text.provider.add}</Button>
      </div>
      <StepFailure error={addMock.error} />
      <LoadWhenOpen open={adding}>
        <AddProviderDialog workspaceId={workspace_id} open={adding} onOpenChange={setAdding} />
      </LoadWhenOpen>
    </>
  );
}

function ApiKeyStep({ state }: { state: GetStarted }) {
  const createKey = useCreateFirstKey(state.workspace.id);
  if (state.revealedKey !== null) {
    return (
      <>
        <p className="mb-2">{text.apiKey.shownOnce}</p>
        <SecretOnce text={state.revealedKey} subject={text.apiKey.subject} />
      </>
    );
  }
  const [key] = state.activeKeys;
  return (
    <>
      <p>{key === undefined ? text.apiKey.description : text.apiKey.done(key.prefix)}</p>
      {key === undefined && state.mayChange && (
        <Button
          className="mt-3"
          variant={state.checklist.apiKey === "current" ? "primary" : "secondary"}
          pending={createKey.isPending}
          onClick={createKey.create}
        >
          {text.apiKey.create}
        </Button>
      )}
      <StepFailure error={createKey.error} />
    </>
  );
}

function StepFailure({ error }: { error: unknown }) {
  if (error === null) return null;
  return (
    <div className="mt-3">
      <FormFailure error={error} />
    </div>
  );
}
