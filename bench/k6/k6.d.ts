/**
 * The part of k6's interface that these scripts use; k6 brings the modules themselves.
 * See https://grafana.com/docs/k6/latest/javascript-api/.
 */
declare const __ENV: Record<string, string | undefined>;

declare module "k6" {
  export function check<TValue>(value: TValue, checks: Record<string, (value: TValue) => boolean>): boolean;
  export function sleep(seconds: number): void;
}

declare module "k6/http" {
  export type Response = {
    /** 0 when there was no answer. */
    status: number;
    /** What went wrong with the connection; empty when nothing did. */
    error: string;
    body: string | null;
    headers: Record<string, string | undefined>;
    timings: { waiting: number; receiving: number; duration: number };
  };
  type Parameters = {
    headers?: Record<string, string>;
    timeout?: string;
    tags?: Record<string, string>;
    responseCallback?: unknown;
  };
  const http: {
    post: (url: string, body: string, parameters?: Parameters) => Response;
    expectedStatuses: (...statuses: (number | { min: number; max: number })[]) => unknown;
  };
  export default http;
}

declare module "k6/metrics" {
  export class Trend {
    constructor(name: string, isTime?: boolean);
    add(value: number): void;
  }
  export class Counter {
    constructor(name: string);
    add(value: number): void;
  }
  export class Rate {
    constructor(name: string);
    add(value: boolean): void;
  }
}
