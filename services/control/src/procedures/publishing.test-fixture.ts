import type { ConfigDiff, ConfigState, ConfigVersion, Publication } from "@perpetuo/contracts/api/config";
import type { Policy } from "@perpetuo/contracts/api/policies";
import type { Route } from "@perpetuo/contracts/api/routes";
import type { ConfigSnapshot, PublishingMode } from "@perpetuo/contracts/routing";
import { expect } from "vitest";
import type { Answer, Person, TestControl } from "../test-control.ts";

export type ChangedRoute = Route & { publication: Publication };
export type ChangedPolicy = Policy & { publication: Publication };

/** A new workspace with one provider key, and calls to its routes and published versions. */
export type PublishingWorkspace = {
  person: Person;
  key: string;
  call<TData>(method: string, path: string, body?: unknown): Promise<Answer<TData>>;
  addKey(body?: object): Promise<string>;
  /** Creates a route with one target on the workspace's provider key, unless `body` says otherwise. */
  addRoute(name: string, body?: object): Promise<ChangedRoute>;
  state(): Promise<ConfigState>;
  setMode(publishing: PublishingMode): Promise<Answer<ConfigState & { publication: Publication }>>;
  publish(body?: object): Promise<Answer<Publication>>;
  readVersion(version: number): Promise<Answer<ConfigVersion & { snapshot: ConfigSnapshot }>>;
  diff(from: number | string, to: number | string): Promise<Answer<ConfigDiff>>;
  /** The version in force. */
  latest(): Promise<number | undefined>;
};

export async function createPublishingWorkspace(control: TestControl): Promise<PublishingWorkspace> {
  const person = await control.signUp();
  const call = <TData>(method: string, path: string, body?: unknown) =>
    control.call<TData>({
      method,
      path: `/workspaces/${person.workspace_id}${path}`,
      token: person.token,
      ...(body === undefined ? {} : { body }),
    });
  const addKey = async (body: object = {}) => {
    const key = { provider: "openai", api_key: "sk-proj-0123456789abcdef", ...body };
    const answer = await call<{ id: string }>("POST", "/providers", key);
    expect(answer.error).toBeNull();
    return answer.data.id;
  };
  const key = await addKey();
  return {
    person,
    key,
    call,
    addKey,
    async addRoute(name, body = {}) {
      const route = { name, match: { models: [name] }, targets: [{ provider_key_id: key }], ...body };
      const answer = await call<ChangedRoute>("POST", "/routes", route);
      expect(answer.error).toBeNull();
      return answer.data;
    },
    state: async () => (await call<ConfigState>("GET", "/config")).data,
    setMode: (publishing) => call("PUT", "/config", { publishing }),
    publish: (body = {}) => call("POST", "/config/publish", body),
    readVersion: (version) => call("GET", `/config/versions/${version}`),
    diff: (from, to) => call("GET", `/config/diff?from=${from}&to=${to}`),
    async latest() {
      const page = await call<{ items: ConfigVersion[] }>("GET", "/config/versions?limit=1");
      return page.data.items[0]?.version;
    },
  };
}
