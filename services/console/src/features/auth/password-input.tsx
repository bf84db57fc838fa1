import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Input } from "../../components/ui/field.tsx";
import { messages } from "../../messages/messages.ts";

/** A password that can be looked at. */
export function PasswordInput(properties: Omit<ComponentProps<typeof Input>, "type" | "className">) {
  const [visible, setVisible] = useState(false);
  return (
    <div className="relative">
      <Input {...properties} type={visible ? "text" : "password"} className="pr-10" spellCheck={false} />
      <Button
        variant="ghost"
        size="icon-small"
        className="absolute top-1 right-1"
        aria-label={visible ? messages.auth.hidePassword : messages.auth.showPassword}
        onClick={() => setVisible(!visible)}
      >
        {visible ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
      </Button>
    </div>
  );
}
