// Runs before the first paint, see vite.config.ts. Without a stored choice the stylesheet follows the system.
(() => {
  try {
    const choice = localStorage.getItem("perpetuo.theme");
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  } catch {
    // Storage is forbidden in this browser: the system's theme applies.
  }
})();
