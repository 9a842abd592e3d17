// What a browser says of the device that it runs on and of those who use it.

export const COARSE = matchMedia("(pointer: coarse)"); // a finger
export const CALM = matchMedia("(prefers-reduced-motion: reduce)");

// A finger that is lifted leaves at once; what it touched stays until it touches something else.
/** @type {(event: PointerEvent) => boolean} */
export const lifted = ({ pointerType }) => pointerType === "touch";
