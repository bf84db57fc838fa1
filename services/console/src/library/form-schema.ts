import * as z from "zod/mini";

// The library would compile its validators with `new Function`, which the content security policy refuses.
z.config({ jitless: true });

/** The schema builder for forms: the small build, because log-in is the first thing that a browser loads. */
export { z };
