import type { GrowthPart, GrowthPoint } from "../../parts/growth.ts";
import { type Block, showNumber } from "../blocks.ts";
import { lineChart } from "../charts.ts";

/** What a request costs as connections, prompts and keys grow. */
export function growthSection({ connections, prompt_bytes, api_keys, ms_per_mebibyte }: GrowthPart): Block[] {
  const nginx = ms_per_mebibyte.nginx === null ? "" : `; nginx's ${showNumber(ms_per_mebibyte.nginx, 2)} ms`;
  return [
    { kind: "heading", text: "Cost as work grows" },
    growthTable("connections", connections),
    growthChart("Connections", connections),
    growthTable("prompt, bytes", prompt_bytes),
    {
      kind: "text",
      text: `A mebibyte of prompt costs ${showNumber(ms_per_mebibyte.perpetuo, 2)} ms of the gateway's CPU${nginx}.`,
    },
    growthChart("Bytes of the prompt", prompt_bytes),
    growthTable("API keys in use", api_keys),
    growthChart("API keys in use", api_keys),
  ];
}

function growthTable(size: string, points: readonly GrowthPoint[]): Block {
  const withNginx = points.some(({ nginx_us }) => nginx_us !== null);
  const head = [size, "Perpetuo, CPU µs/request"];
  return {
    kind: "table",
    head: withNginx ? [...head, "nginx", "× nginx"] : head,
    rows: points.map(({ size: value, perpetuo_us, nginx_us, ratio }) => {
      const row = [showNumber(value), showNumber(perpetuo_us, 1)];
      return withNginx ? [...row, showNumber(nginx_us, 1), showNumber(ratio, 2)] : row;
    }),
  };
}

function growthChart(label: string, points: readonly GrowthPoint[]): Block {
  const series = [
    { name: "Perpetuo", points: points.map(({ size, perpetuo_us }) => [size, perpetuo_us] as const) },
    {
      name: "nginx",
      points: points.flatMap(({ size, nginx_us }) => (nginx_us === null ? [] : [[size, nginx_us] as const])),
    },
  ];
  return {
    kind: "chart",
    svg: lineChart({
      title: `CPU for each request by ${label.toLowerCase()}`,
      x: { label, scale: "logarithmic" },
      y: { label: "µs", scale: "logarithmic" },
      series: series.filter((entry) => entry.points.length > 0),
    }),
  };
}
