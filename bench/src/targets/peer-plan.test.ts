import { describe, expect, it } from "vitest";
import { parsePeers } from "./peer-plan.ts";

const none = { urls: [], headers: [], models: [] };

describe("parsePeers", () => {
  it("address, headers and model · one peer", () => {
    const peers = parsePeers({
      urls: ["portkey=http://127.0.0.1:8787/"],
      headers: ["portkey=X-Portkey-Custom-Host: {mock}/v1", "portkey=authorization: Bearer a=b"],
      models: ["portkey=openai/{model}"],
    });
    expect(peers).toEqual([
      {
        name: "portkey",
        url: "http://127.0.0.1:8787",
        headers: { authorization: "Bearer a=b", "x-portkey-custom-host": "{mock}/v1" },
        model: "openai/{model}",
      },
    ]);
  });

  it.each([
    [{ urls: ["portkey"] }, "takes name=value"],
    [{ urls: ["portkey=nowhere"] }, "not an address"],
    [{ urls: ["nginx=http://127.0.0.1:1"] }, "cannot be called"],
    [{ headers: ["a=b: c"] }, "there is no --peer a"],
    [{ urls: ["a=http://127.0.0.1:1"], headers: ["a=b"] }, "header: value"],
    [{ models: ["a=b"] }, "there is no --peer a"],
  ])("%j · refused", (options, words) => {
    expect(() => parsePeers({ ...none, ...options })).toThrow(words);
  });
});
