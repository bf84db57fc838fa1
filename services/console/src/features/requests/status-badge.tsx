import { Badge, type BadgeTone } from "../../components/ui/badge.tsx";

/** The HTTP status that the client saw; 499 means that it left first. */
export function StatusBadge({ status }: { status: number }) {
  return <Badge tone={statusTone(status)}>{status}</Badge>;
}

export function statusTone(status: number): BadgeTone {
  if (status >= 500) return "danger";
  if (status === 499) return "neutral";
  if (status >= 400) return "warning";
  return "success";
}
