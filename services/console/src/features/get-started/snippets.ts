/** What the snippets are filled with. */
export type SnippetValues = {
  /** The gateway's base URL, with `/v1`. */
  baseUrl: string;
  apiKey: string;
  model: string;
};

export const snippetLanguages = ["curl", "python", "typescript", "ai-sdk"] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

/** The grammar that colours a snippet. */
export type Grammar = "shellscript" | "python" | "typescript";

export type Snippet = { label: string; grammar: Grammar; code: string };

/** Stands where the text of a key is not known. */
export const apiKeyPlaceholder = "YOUR_API_KEY";

const greeting = "Hello, world!";

/** A complete program for each client, ready to paste. Values go through the quoting of the snippet's own language. */
export function buildSnippet(language: SnippetLanguage, values: SnippetValues): Snippet {
  switch (language) {
    case "curl":
      return { label: "curl", grammar: "shellscript", code: curlSnippet(values) };
    case "python":
      return { label: "Python", grammar: "python", code: pythonSnippet(values) };
    case "typescript":
      return { label: "TypeScript", grammar: "typescript", code: typescriptSnippet(values) };
    case "ai-sdk":
      return { label: "Vercel AI SDK", grammar: "typescript", code: aiSdkSnippet(values) };
  }
}

/** A single-quoted word of a POSIX shell, in which only the quote itself is special. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON's string is also a string of Python and of TypeScript. */
const stringLiteral = JSON.stringify;

function curlSnippet({ baseUrl, apiKey, model }: SnippetValues): string {
  const body = [
    "{",
    `    "model": ${stringLiteral(model)},`,
    `    "messages": [{"role": "user", "content": ${stringLiteral(greeting)}}],`,
    '    "stream": true',
    "  }",
  ].join("\n");
  return [
    `curl -N ${shellWord(`${baseUrl}/chat/completions`)} \\`,
    `  -H ${shellWord(`Authorization: Bearer ${apiKey}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${shellWord(body)}`,
  ].join("\n");
}

function pythonSnippet({ baseUrl, apiKey, model }: SnippetValues): string {
  return `# pip install openai
from openai import OpenAI

client = OpenAI(base_url=${stringLiteral(baseUrl)}, api_key=${stringLiteral(apiKey)})

stream = client.chat.completions.create(
    model=${stringLiteral(model)},
    messages=[{"role": "user", "content": ${stringLiteral(greeting)}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`;
}

function typescriptSnippet({ baseUrl, apiKey, model }: SnippetValues): string {
  return `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${stringLiteral(baseUrl)},
  apiKey: ${stringLiteral(apiKey)},
});

const stream = await client.chat.completions.create({
  model: ${stringLiteral(model)},
  messages: [{ role: "user", content: ${stringLiteral(greeting)} }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
}`;
}

function aiSdkSnippet({ baseUrl, apiKey, model }: SnippetValues): string {
  return `// npm install ai @ai-sdk/openai
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";

const perpetuo = createOpenAI({
  baseURL: ${stringLiteral(baseUrl)},
  apiKey: ${stringLiteral(apiKey)},
});

const { textStream } = streamText({
  // .chat() speaks chat completions.
  model: perpetuo.chat(${stringLiteral(model)}),
  prompt: ${stringLiteral(greeting)},
});
for await (const text of textStream) {
  process.stdout.write(text);
}`;
}
