import { describe } from "vitest";
import {
  cutCloseDelimited,
  cutCloseDelimitedWholes,
  cutWholeAnswers,
  oversizedWholes,
  resetAfterTokens,
} from "./broken-answers.ts";
import { hugeHeadsOf, lateAnswers, redirects, wrongFraming } from "./broken-framing.ts";
import { blackHole, closedBeforeHead, connectionRefused, keptConnectionClosed } from "./connection.ts";
import { interleavedAnswers } from "./interleaved.ts";
import { leftovers } from "./leftovers.ts";
import { compressedAnswers, giantEvents, malformedWholes, oddEvents, splitStreams } from "./odd-content.ts";
import { clientErrors, otherTenants, serverErrors, spentAccount, throttled } from "./refusals.ts";
import { brownOut, dripForever, hangBeforeAnswer, hangInStream, wellAnswers } from "./slow-answers.ts";
import { translatedWires } from "./translated.ts";
import { rareFraming } from "./valid-framing.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
const bounds = leftovers(world);

describe("upstream faults", () => {
  bounds.begin();
  wellAnswers(world);
  interleavedAnswers(world, 2_000);
  rareFraming(world);
  connectionRefused(world, 200);
  blackHole(world);
  closedBeforeHead(world, 100);
  keptConnectionClosed(world, 40);
  cutWholeAnswers(world, 1_000);
  cutCloseDelimitedWholes(world, 200);
  oversizedWholes(world);
  resetAfterTokens(world, 50);
  cutCloseDelimited(world, 1);
  hangBeforeAnswer(world);
  hangInStream(world);
  dripForever(world);
  throttled(world);
  spentAccount(world);
  serverErrors(world, 500);
  clientErrors(world);
  malformedWholes(world);
  oddEvents(world);
  splitStreams(world, 1);
  giantEvents(world, [1, 16, 64]);
  wrongFraming(world, 20);
  lateAnswers(world, 1_000);
  redirects(world);
  hugeHeadsOf(world);
  compressedAnswers(world);
  brownOut(world, 200);
  otherTenants(world, 1_000);
  translatedWires(world, 1);
  bounds.end();
});
