import { Toast } from "@base-ui/react/toast";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { messages } from "../../messages/messages.ts";
import { Button } from "./button.tsx";

const manager = Toast.createToastManager();

/** Says what became of an action. Failures stay until they are dismissed. */
export const notify = {
  success: (text: string) => manager.add({ type: "success", title: text }),
  failure: (text: string) => manager.add({ type: "failure", title: text, timeout: 0, priority: "high" }),
};

/** Where toasts appear. Mounted once, around nothing. */
export function Toaster() {
  return (
    <Toast.Provider toastManager={manager}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 left-4 z-60 ml-auto flex flex-col gap-2 outline-none sm:w-88">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="rounded-lg bg-raised shadow-overlay transition-[opacity,translate] duration-200 data-starting-style:translate-y-2 data-starting-style:opacity-0 data-ending-style:opacity-0"
    >
      <Toast.Content className="flex items-start gap-2.5 p-3">
        {toast.type === "failure" ? (
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />
        ) : (
          <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
        )}
        <Toast.Title className="min-w-0 flex-1 text-sm break-words" />
        <Toast.Close
          render={<Button variant="ghost" size="icon-small" aria-label={messages.common.dismiss} />}
          className="-m-1"
        >
          <X aria-hidden="true" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
