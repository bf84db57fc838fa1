import { Outlet, useNavigation } from "react-router";
import { classNames } from "../library/class-names.ts";

/** What every route shares: a thin bar while a page's code is on its way. */
export function RootLayout() {
  const navigation = useNavigation();
  return (
    <>
      <div
        aria-hidden="true"
        className={classNames(
          "pointer-events-none fixed inset-x-0 top-0 z-60 h-0.5 origin-left scale-x-0 bg-accent opacity-0 transition-[scale,opacity] duration-300",
          navigation.state !== "idle" && "scale-x-75 opacity-100 delay-150 duration-1000",
        )}
      />
      <Outlet />
    </>
  );
}
