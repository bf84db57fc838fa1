import { readFileSync } from "node:fs";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const themeBootSource = new URL("./src/theme/boot.js", import.meta.url);

/**
 * Puts the theme script into the head as a blocking file of its own. The content security policy forbids inline
 * script, and a module runs only after the first paint, which would flash the wrong theme.
 */
function themeBoot(): Plugin {
  let fileName: string | null = null;
  return {
    name: "perpetuo-theme-boot",
    buildStart() {
      if (this.environment.mode !== "build") return;
      const reference = this.emitFile({
        type: "asset",
        name: "theme.js",
        source: readFileSync(themeBootSource, "utf8"),
      });
      fileName = this.getFileName(reference);
    },
    transformIndexHtml: {
      order: "post",
      handler: () => [
        {
          tag: "script",
          attrs: { src: fileName === null ? "/src/theme/boot.js" : `/${fileName}` },
          injectTo: "head-prepend",
        },
      ],
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [react(), tailwind(), themeBoot()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsDir: "assets",
    // Data URLs would need `img-src data:` and `font-src data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5173,
    proxy: { "/trpc": "http://127.0.0.1:3000" },
  },
});
