import { Readable } from "node:stream";
import { PerpetuoError } from "@perpetuo/contracts/errors";
import type { FastifyReply } from "fastify";
import { cutStalledReader } from "../http/stalled-reader.ts";
import { csvLine } from "./csv.ts";

export const downloadFormats = ["csv", "json"] as const;
export type DownloadFormat = (typeof downloadFormats)[number];

const contentTypes: Readonly<Record<DownloadFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  json: "application/json; charset=utf-8",
};

/** Rows are written in pieces of about this size. */
const chunkLength = 64 * 1024;

export type Download = {
  fileName: string;
  format: DownloadFormat;
  /** The columns of the CSV, in order; a row may lack some. */
  columns: readonly string[];
  rows: AsyncGenerator<unknown, void>;
};

/** @throws {PerpetuoError} `invalid_request` for anything but `csv` and `json`. */
export function readFormat(value: unknown): DownloadFormat {
  const format = downloadFormats.find((candidate) => candidate === (value ?? "csv"));
  if (format !== undefined) return format;
  throw new PerpetuoError("invalid_request", { message: "format: is csv or json.", param: "format" });
}

/**
 * Answers with a file while its rows are being read, holding no more of them than the reader has asked for. What is
 * refused before the first row is refused as usual; what fails later cuts the connection, so that the reader does
 * not take a part for the whole. When the reader leaves, the reading ends, also before the first row is there: a stream
 * that nobody has begun to read would not end it.
 */
export async function sendDownload(reply: FastifyReply, download: Download): Promise<FastifyReply> {
  const { fileName, format, rows } = download;
  const endReading = () => void rows.return();
  if (reply.raw.destroyed) endReading();
  else reply.raw.once("close", endReading);
  const first = await rows.next();
  cutStalledReader(reply);
  return reply
    .header("cache-control", "no-store")
    .header("content-type", contentTypes[format])
    .header("content-disposition", `attachment; filename="${fileName}.${format}"`)
    .send(Readable.from(chunksOf(download, first), { objectMode: false, highWaterMark: chunkLength }));
}

async function* chunksOf(
  { format, columns, rows }: Download,
  first: IteratorResult<unknown, void>,
): AsyncGenerator<string> {
  const write = format === "csv" ? csvWriter(columns) : jsonWriter();
  let chunk = write.head;
  for (let row = first; row.done !== true; row = await rows.next()) {
    chunk += write.row(row.value);
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk + write.end;
}

type Writer = { head: string; row(row: unknown): string; end: string };

function csvWriter(columns: readonly string[]): Writer {
  return {
    head: csvLine(columns),
    row: (row) => csvLine(columns.map((column) => Reflect.get(row as object, column))),
    end: "",
  };
}

/** One array, one row a line. */
function jsonWriter(): Writer {
  let separator = "[\n";
  return {
    head: "",
    row(row) {
      const text = separator + JSON.stringify(row);
      separator = ",\n";
      return text;
    },
    get end() {
      return separator === "[\n" ? "[]\n" : "\n]\n";
    },
  };
}
