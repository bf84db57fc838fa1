import { useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Card } from "../../components/ui/card.tsx";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { CopyButton } from "../../components/ui/copy-button.tsx";
import { Tabs } from "../../components/ui/tabs.tsx";
import { messages } from "../../messages/messages.ts";
import { useSession } from "../workspaces/session.ts";
import { ListeningBar } from "./listening-bar.tsx";
import { apiKeyPlaceholder, buildSnippet, type SnippetLanguage, snippetLanguages } from "./snippets.ts";
import { suggestModel } from "./suggested-model.ts";
import { useCreateFirstKey } from "./use-create-first-key.ts";
import type { GetStarted } from "./use-get-started.ts";

const text = messages.getStarted;

/** The first request: a snippet that works as it stands, and the place where its answer shows up. */
export function RequestCard({ state }: { state: GetStarted }) {
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  const { gateway_url: baseUrl } = useSession();
  const values = {
    baseUrl,
    apiKey: state.revealedKey ?? apiKeyPlaceholder,
    model: suggestModel(state.providerKeys),
  };
  const snippet = buildSnippet(language, values);
  const tabs = snippetLanguages.map((value) => ({ value, label: buildSnippet(value, values).label }));

  return (
    <Card className="min-w-0 overflow-hidden">
      <BaseUrl url={baseUrl} />
      <Tabs
        label={text.request.language}
        value={language}
        tabs={tabs}
        onChange={setLanguage}
        action={<CopyButton text={snippet.code} subject={text.request.subject} />}
      >
        {state.revealedKey === null && <PlaceholderHint state={state} />}
        <CodeBlock code={snippet.code} grammar={snippet.grammar} label={snippet.label} />
      </Tabs>
      <ListeningBar state={state} />
    </Card>
  );
}

function BaseUrl({ url }: { url: string }) {
  return (
    <div className="flex items-center gap-3 border-b border-line bg-sunken py-1.5 pr-1.5 pl-4 text-sm">
      <span className="shrink-0 text-muted">{text.request.baseUrl}</span>
      <code className="min-w-0 flex-1 truncate font-mono">{url}</code>
      <CopyButton text={url} subject={text.request.baseUrl} />
    </div>
  );
}

function PlaceholderHint({ state }: { state: GetStarted }) {
  const createKey = useCreateFirstKey(state.workspace.id);
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2 text-sm text-muted">
      <span>{text.request.placeholderHint}</span>
      {state.mayChange && state.activeKeys.length > 0 && (
        <Button size="small" pending={createKey.isPending} onClick={createKey.create}>
          {text.apiKey.createAnother}
        </Button>
      )}
    </div>
  );
}
