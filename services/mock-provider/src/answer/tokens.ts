/** Short words: one word with its trailing space is one content token and one content chunk. */
const words = (
  "the gate stands open and the road runs on past fields of rye to a town by the sea where boats wait for wind " +
  "and light falls on stone while birds turn above the roofs until night comes with rain and all is still again"
).split(" ");

/** How the text of an answer is made. Without a clock the same recipe always gives the same tokens. */
export type TokenRecipe = {
  seed: number;
  chunkBytes: number | null;
  firstToken: string | null;
  /** Microseconds of the monotonic clock, which all processes of a machine share; null: tokens are words. */
  clock: (() => number) | null;
};

/** The text of the token at `index`, exactly `chunkBytes` bytes long when that is set. */
export function tokenText(recipe: TokenRecipe, index: number): string {
  if (index === 0 && recipe.firstToken !== null) return recipe.firstToken;
  if (recipe.clock !== null) return `${recipe.clock()} `;
  const word = words[(recipe.seed + index) % words.length] ?? "";
  if (recipe.chunkBytes === null) return `${word} `;
  return recipe.chunkBytes === 0
    ? ""
    : `${word.slice(0, recipe.chunkBytes - 1).padEnd(recipe.chunkBytes - 1, "-")} `;
}
