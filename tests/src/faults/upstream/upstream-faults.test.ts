import { describe } from "vitest";
import {
  cutCloseDelimited,
  cutCloseDelimitedWholes,
  cutWholeAnswers,
  resetAfterTokens,
} from "./broken-answers.ts";
import { connectionRefused } from "./connection.ts";
import { interleavedAnswers } from "./interleaved.ts";
import { splitStreams } from "./odd-content.ts";
import { serverErrors, throttled } from "./refusals.ts";
import { wellAnswers } from "./slow-answers.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("upstream faults", () => {
  wellAnswers(world);
  interleavedAnswers(world, 200);
  connectionRefused(world, 50);
  cutWholeAnswers(world, 100);
  cutCloseDelimitedWholes(world, 20);
  resetAfterTokens(world, 5);
  cutCloseDelimited(world, 7);
  throttled(world);
  serverErrors(world, 50);
  splitStreams(world, 7);
});
