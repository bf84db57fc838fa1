import { modelPresets } from "../behaviour/model-presets.ts";

/** Models that the list names; the mock answers to any other name as well. */
const listedModels = [...Object.keys(modelPresets), "gpt-4", "gpt-4o-mini", "text-embedding-3-small"];

function modelEntry(id: string): object {
  return { id, object: "model", created: 1_760_000_000, owned_by: "mock" };
}

export function modelsBody(): Buffer {
  return Buffer.from(JSON.stringify({ object: "list", data: listedModels.map(modelEntry) }));
}

export function modelBody(id: string): Buffer {
  return Buffer.from(JSON.stringify(modelEntry(id)));
}
