/** The surface of menus, selects and other anchored popups. */
export const popupStyles = [
  "origin-(--transform-origin) rounded-lg bg-raised p-1 text-foreground shadow-overlay outline-none",
  "transition-[opacity,scale] duration-100 ease-out",
  "data-starting-style:scale-[0.98] data-starting-style:opacity-0",
  "data-ending-style:scale-[0.98] data-ending-style:opacity-0",
].join(" ");
