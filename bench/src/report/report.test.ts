import { describe, expect, it } from "vitest";
import { balance } from "../accounts.ts";
import type { Comparison } from "../compare.ts";
import type { Sample } from "../measure.ts";
import type { Results } from "../run-parts.ts";
import type { TargetKind } from "../targets/target.ts";
import { renderMarkdownBlocks } from "./blocks.ts";
import { composeReport } from "./compose.ts";
import { replaceFigures } from "./document.ts";
import { figuresOf } from "./figures.ts";
import { type Circumstances, makeReport } from "./report.ts";

const circumstances: Circumstances = {
  taken_at: "2026-01-02T03:04:05.678Z",
  commit: "abc1234",
  method: { plan: "quick", runs: 2, run_seconds: 4, warmup_seconds: 2, cores: { proxy: 0, other: 1 } },
  machine: {
    processor: "A processor",
    cores: 2,
    memory_gib: 8,
    kernel: "6.1.0",
    node: "22.0.0",
    load_average: 0.04,
  },
  tools: { wrk: "4.1.0", nginx: "1.22.1", taskset: "2.38.1", k6: "1.0.0" },
  lacks: [],
};

function sampleOf(target: Sample["target"], cpu: number, more: Partial<Sample> = {}): Sample {
  return {
    target,
    requests: 40_000,
    seconds: 4,
    p50_ms: 1.26,
    p99_ms: 12.5,
    p999_ms: 20,
    status_errors: 0,
    socket_errors: 0,
    units: 40_000,
    cpu_us_per_unit: cpu,
    busy: 0.5,
    core_taken_by_others: 0,
    core_stolen: 0,
    ...more,
  };
}

/** Two rounds of every scenario; the second is on a machine that has become half as fast. */
function comparisonOf(more: Partial<Sample> = {}): Comparison {
  const rounds: [TargetKind, Sample][] = [
    ["nginx", sampleOf("nginx", 10)],
    ["perpetuo", sampleOf("perpetuo", 20)],
    ["peer", sampleOf("portkey", 100, { units: 2_000 })],
    ["nginx", sampleOf("nginx", 20)],
    ["perpetuo", sampleOf("perpetuo", 44, more)],
    ["peer", sampleOf("portkey", 100, { units: 1_000 })],
  ];
  return {
    samples: (["unary", "streaming"] as const).flatMap((scenario) =>
      rounds.map(([kind, sample]) => ({ scenario, kind, sample })),
    ),
    rest_of_system_us_per_request: [30, 40],
  };
}

function resultsOf(more: Partial<Results> = {}, sample: Partial<Sample> = {}): Results {
  return {
    comparison: comparisonOf(sample),
    latency: null,
    frontier: null,
    streams: null,
    growth: null,
    flush: null,
    k6: null,
    translation: null,
    accounts: balance(
      { completed: 1_234_567, possibly_in_flight: 64 },
      { rows: 1_234_600, counted: 1_234_600, aborted: 30 },
    ),
    ...more,
  };
}

const render = (results: Results, moreCircumstances: Partial<Circumstances> = {}) =>
  renderMarkdownBlocks(composeReport(makeReport({ ...circumstances, ...moreCircumstances }, results)));

describe("figuresOf", () => {
  it("ratio · each run against nginx's run of the same round", () => {
    const [nginx, perpetuo] = figuresOf(comparisonOf(), "unary").targets;
    expect(nginx?.ratio_to_nginx).toBeNull();
    expect(perpetuo?.ratio_to_nginx).toEqual({ median: 2.1, minimum: 2, maximum: 2.2 });
  });

  it("peer · how much faster Perpetuo was in the same round", () => {
    const peer = figuresOf(comparisonOf(), "unary").targets.at(-1);
    expect(peer?.perpetuo_is_faster).toEqual({ median: 30, minimum: 20, maximum: 40 });
  });

  it("without nginx · no ratio", () => {
    const comparison = comparisonOf();
    const samples = comparison.samples.filter(({ kind }) => kind !== "nginx");
    const [perpetuo] = figuresOf({ ...comparison, samples }, "streaming").targets;
    expect(perpetuo).toMatchObject({ name: "perpetuo", ratio_to_nginx: null });
  });
});

describe("composeReport", () => {
  it("table · medians with their ranges, peers with what Perpetuo is faster by", () => {
    const lines = render(resultsOf()).split("\n");
    expect(lines).toContain(
      "| Perpetuo, everything on | 32.0 (20.0–44.0) | 2.10 (2.00–2.20) | 10,000 (10,000–10,000) | 1.3 (1.3–1.3) | 12.5 (12.5–12.5) | 50 (50–50) |  |",
    );
    expect(lines.find((line) => line.startsWith("| portkey"))).toContain("× 30.0 (20.0–40.0)");
  });

  it("aims · met or missed, with what was measured", () => {
    const lines = render(resultsOf()).split("\n");
    expect(lines).toContain("| unary: CPU per request | ≤ 2.2 × nginx | 2.10 × | met |");
    expect(lines).toContain("| streaming: CPU per relayed chunk | ≤ 1.5 × nginx | 2.10 × | **missed** |");
    expect(lines).toContain("| unary throughput against portkey | ≥ 20 × | 30.0 × | met |");
  });

  it("circumstances and accounts · stand in the text", () => {
    const text = render(resultsOf());
    expect(text).toContain("taken on 2026-01-02 at commit abc1234");
    expect(text).toContain("pinned: proxy, nginx and peers on core 0, everything else on core 1");
    expect(text).toContain("`request_logs` has 1,234,600 rows");
    expect(text).toContain("**balanced**");
    expect(text).not.toContain("Reservations");
  });

  it("unpinned · says so, with what was missing", () => {
    const text = render(resultsOf(), {
      method: { ...circumstances.method, cores: null },
      lacks: ["No taskset."],
    });
    expect(text).toContain("**unpinned**");
    expect(text).toContain("- No taskset.");
  });

  it.each([
    [{ core_taken_by_others: 0.2, core_stolen: 0.1 }, "30 % of the proxy's core"],
    [{ status_errors: 3, socket_errors: 4 }, "perpetuo failed 7 requests in the unary runs."],
  ])("%j · a reservation", (more, words) => {
    expect(render(resultsOf({}, more))).toContain(words);
  });

  it("unbalanced accounts · a reservation", () => {
    const accounts = { ...resultsOf().accounts, verdict: "unbalanced" as const };
    expect(makeReport(circumstances, resultsOf({ accounts })).reservations).toEqual([
      "The accounts do not balance.",
    ]);
  });
});

describe("replaceFigures", () => {
  const start = "<!-- figures: written by npm run bench -- --write -->";
  const end = "<!-- end of figures -->";

  it("marks · what stands between them is replaced, the rest stays", () => {
    const document = `# Benchmarks\n\n${start}\nold\n${end}\n\nNot covered.\n`;
    const replaced = `# Benchmarks\n\n${start}\n\nnew\n\n${end}\n\nNot covered.\n`;
    expect(replaceFigures(document, { part: "figures", figures: "new" })).toBe(replaced);
    expect(replaceFigures(replaced, { part: "figures", figures: "new" })).toBe(replaced);
  });

  it("figures with a dollar sign · taken literally", () => {
    expect(replaceFigures(`${start}${end}`, { part: "figures", figures: "$& $1" })).toContain("$& $1");
  });

  it.each([["no marks"], [start], [`${end}${start}`]])("%s · refused", (document) => {
    expect(() => replaceFigures(document, { part: "figures", figures: "new" })).toThrow("lacks its marks");
  });
});

describe("parts", () => {
  const spread = (median: number) => ({ median, minimum: median, maximum: median });
  const quantiles = (p50: number) => ({ count: 10, p50, p99: p50 * 10, p999: p50 * 20, maximum: p50 * 30 });
  const stream = (target: string, kind: TargetKind, p50: number) => ({
    target,
    kind,
    first_byte_ms: quantiles(p50),
    chunk_delay_ms: quantiles(p50),
    chunks: 100,
    most_open: 10,
    failures: 0,
  });
  const latency = (target: string, kind: TargetKind, added: number | null) => ({
    target,
    kind,
    p50_ms: spread(1),
    p99_ms: spread(2),
    p999_ms: spread(3),
    added:
      added === null
        ? null
        : { p50_ms: spread(added), p99_ms: spread(added * 2), p999_ms: spread(added * 3) },
    lateness_p99_ms: spread(0.05),
    failures: 0,
  });
  const direct = latency("mock", "direct", null);
  const whole = resultsOf({
    latency: {
      alone: [direct, latency("perpetuo", "perpetuo", 0.1)],
      half_load: { rate: 5_000, figures: [direct, latency("perpetuo", "perpetuo", 0.15)] },
    },
    frontier: {
      highest_rate: 16_000,
      frontiers: [
        {
          target: "perpetuo",
          kind: "perpetuo",
          points: [{ rate: 16_000, p50_ms: 0.5, p99_ms: 4, failures: 0 }],
          within: [
            { bound_ms: 1, rate: null },
            { bound_ms: 5, rate: 16_000 },
          ],
        },
      ],
    },
    streams: {
      calm: [stream("mock", "direct", 0.1), stream("perpetuo", "perpetuo", 0.3)],
      crowded: { streams: 2_000, pace_ms: 100, figures: [stream("perpetuo", "perpetuo", 6)] },
      memory: { idle: 2 ** 26, loaded: 2 ** 27, recovered: 2 ** 26, recovered_after_seconds: 15 },
    },
    growth: {
      connections: [
        { size: 10, perpetuo_us: 50, nginx_us: 20, ratio: 2.5 },
        { size: 2_000, perpetuo_us: 90, nginx_us: 30, ratio: 3 },
      ],
      api_keys: [
        { size: 10, perpetuo_us: 50, nginx_us: null, ratio: null },
        { size: 100_000, perpetuo_us: 80, nginx_us: null, ratio: null },
      ],
      prompt_bytes: [{ size: 1_024, perpetuo_us: 50, nginx_us: 20, ratio: 2.5 }],
      ms_per_mebibyte: { perpetuo: 0.9, nginx: 0.4 },
    },
    flush: {
      rate: 5_000,
      running: { p50_ms: spread(0.4), p99_ms: spread(1.04) },
      suspended: { p50_ms: spread(0.4), p99_ms: spread(1) },
    },
    k6: {
      runs: [
        {
          script: "spike",
          seconds: 12,
          passed: false,
          requests: 9_000,
          cut: 0,
          dropped: 0,
          trends: { http_req_duration: { p50: 1.5, p95: 2, p99: 3, maximum: 9 } },
          thresholds: [{ metric: "http_req_duration", rule: "p(99)<2", held: false }],
        },
      ],
    },
    translation: {
      wires: [
        { wire: "openai", request: spread(50), chunk: spread(10), added: null },
        {
          wire: "google",
          request: spread(85),
          chunk: spread(20.5),
          added: { request: spread(35), chunk: spread(10.5) },
        },
      ],
    },
  });
  const lines = render(whole).split("\n");

  it.each([
    "| added latency at half load | p50 ≤ 0.2 ms, p99 ≤ 1 ms | p50 0.15 ms, p99 0.30 ms | met |",
    "| 2,000 concurrent streams on one thread | RSS ≤ 250 MiB, no chunk delayed > 50 ms at p99 | 128 MiB, p99 60.0 ms | **missed** |",
    "| body size: CPU per MiB of prompt | ≤ 1 ms | 0.90 ms | met |",
    "| cost from 10 to 100,000 API keys | flat (± 20 %) | 50.0–80.0 µs | **missed** |",
    "| ratio to nginx from 10 to 2,000 connections | within ± 20 % | 2.50–3.00 × | met |",
    "| log: p99 with its flush against p99 without | no change above 5 % | +4 % | met |",
    "| translation: CPU per request over passing through | ≤ 40 µs | 35.0 µs at most | met |",
    "| translation: CPU per chunk over passing through | ≤ 10 µs | 10.5 µs at most | **missed** |",
    "| openai, passed through | 50.0 (50.0–50.0) |  | 10.0 (10.0–10.0) |  |",
    "| Perpetuo, everything on | – | ≥ 16,000 |",
    "| with 2,000 streams, at most | 128 MiB |",
    "| spike | 9,000 | 1.50 | 3.00 | – | – | **broken** |",
    "- k6's spike broke http_req_duration p(99)<2.",
  ])("%s", (line) => {
    expect(lines).toContain(line);
  });

  it("gateway's chunks · what they were later than the provider's own", () => {
    expect(lines).toContain(
      "| Perpetuo, everything on | 0.30 | 3.00 | 0.20 | 0.30 | 3.00 | 0.20 | 2.00 | 0 |",
    );
  });
});
