import { type ReactNode, Suspense, useState } from "react";

type LoadWhenOpenProps = { open: boolean; children: ReactNode };

/** Loads a dialog's code when it first opens, and keeps it mounted from then on so that it can also fade out. */
export function LoadWhenOpen({ open, children }: LoadWhenOpenProps) {
  const [wanted, setWanted] = useState(open);
  if (open && !wanted) setWanted(true);
  return wanted ? <Suspense fallback={null}>{children}</Suspense> : null;
}
