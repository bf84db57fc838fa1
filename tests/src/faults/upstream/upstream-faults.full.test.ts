import { describe } from "vitest";
import { cutCloseDelimited, cutWholeAnswers, resetAfterTokens } from "./broken-answers.ts";
import { blackHole, closedBeforeHead, connectionRefused } from "./connection.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("upstream faults", () => {
  connectionRefused(world, 200);
  blackHole(world);
  closedBeforeHead(world, 100);
  cutWholeAnswers(world, 1_000);
  resetAfterTokens(world, 50);
  cutCloseDelimited(world, 1);
});
