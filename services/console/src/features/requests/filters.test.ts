import { describe, expect, test } from "vitest";
import { type Filters, isFiltered, listInput } from "./filters.ts";

const workspaceId = "0198a000-0000-7000-8000-000000000001";
const none: Filters = {
  text: "",
  model: "",
  provider: null,
  status: null,
  range: "all",
  page: 1,
  request: null,
};
const now = new Date("2026-11-22T12:34:56.789Z");

describe("listInput", () => {
  test("listInput · names only the workspace and the page without filters", () => {
    expect(listInput(workspaceId, none, now)).toEqual({ workspace_id: workspaceId, page: 1, limit: 50 });
  });

  test("listInput · passes every filter on, texts trimmed", () => {
    const filters: Filters = {
      ...none,
      text: " timeout ",
      model: " gpt-4o",
      provider: "openai",
      status: "server_error",
      range: "1h",
      page: 3,
    };
    expect(listInput(workspaceId, filters, now)).toEqual({
      workspace_id: workspaceId,
      page: 3,
      limit: 50,
      text: "timeout",
      model: "gpt-4o",
      provider: "openai",
      status: "server_error",
      from: "2026-11-22T11:34:00.000Z",
    });
  });

  test("listInput · asks the same within a minute", () => {
    const filters: Filters = { ...none, range: "24h" };
    const later = new Date("2026-11-22T12:34:59.999Z");
    expect(listInput(workspaceId, filters, later)).toEqual(listInput(workspaceId, filters, now));
  });

  test("listInput · a page from a broken link is the first", () => {
    expect(listInput(workspaceId, { ...none, page: -4 }, now).page).toBe(1);
  });
});

describe("isFiltered", () => {
  test("isFiltered · neither the page nor the open request is a filter", () => {
    expect(isFiltered({ ...none, page: 2, request: "x" })).toBe(false);
  });

  test.each<Partial<Filters>>([
    { text: "x" },
    { model: "x" },
    { provider: "mock" },
    { status: "success" },
    { range: "7d" },
  ])("isFiltered · %j is one", (change) => {
    expect(isFiltered({ ...none, ...change })).toBe(true);
  });
});
