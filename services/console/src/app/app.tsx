import { CSPProvider } from "@base-ui/react/csp-provider";
import { PerpetuoProvider } from "@perpetuo/client/hooks";
import { createPerpetuoClient } from "@perpetuo/client/vanilla";
import { lazy, Suspense, useState } from "react";
import { RouterProvider } from "react-router/dom";
import { createQueryClient } from "./query-client.ts";
import { createRouter } from "./router.tsx";

/** Nothing is said before the reader has done something, so the first paint does not wait for it. */
const Toaster = lazy(async () => {
  const { Toaster: component } = await import("../components/ui/toaster.tsx");
  return { default: component };
});

/** The console. Control serves it, so the API is on the same origin and the session is a cookie. */
export function App() {
  const [dependencies] = useState(() => ({
    client: createPerpetuoClient({ baseUrl: "", credentials: { kind: "cookie" } }),
    queryClient: createQueryClient(),
    router: createRouter(),
  }));

  return (
    // The content security policy allows no inline style elements.
    <CSPProvider disableStyleElements>
      <PerpetuoProvider client={dependencies.client} queryClient={dependencies.queryClient}>
        <RouterProvider router={dependencies.router} />
        <Suspense fallback={null}>
          <Toaster />
        </Suspense>
      </PerpetuoProvider>
    </CSPProvider>
  );
}
