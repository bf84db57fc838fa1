import type { Block } from "./blocks.ts";
import type { Report } from "./report.ts";
import { flushSection } from "./sections/flush.ts";
import { frontierSection } from "./sections/frontier.ts";
import { growthSection } from "./sections/growth.ts";
import { k6Section } from "./sections/k6.ts";
import { latencySection } from "./sections/latency.ts";
import { booksSection, circumstancesSection, comparisonSection } from "./sections/overview.ts";
import { streamsSection } from "./sections/streams.ts";
import { targetsSection } from "./sections/targets.ts";
import { translationSection } from "./sections/translation.ts";

/** All of a report, for whichever form it is to have. */
export function composeReport(report: Report): Block[] {
  const { latency, frontier, streams, growth, flush, k6, translation } = report.parts;
  return [
    ...circumstancesSection(report),
    ...targetsSection(report),
    ...comparisonSection(report),
    ...(latency === null ? [] : latencySection(latency)),
    ...(frontier === null ? [] : frontierSection(frontier)),
    ...(streams === null ? [] : streamsSection(streams)),
    ...(growth === null ? [] : growthSection(growth)),
    ...(flush === null ? [] : flushSection(flush)),
    ...(k6 === null ? [] : k6Section(k6)),
    ...(translation === null ? [] : translationSection(translation)),
    ...booksSection(report),
  ];
}
