// Elements made where they belong, and what all of them have to know of the pointer.

const COARSE = matchMedia("(pointer: coarse)"); // a finger

function make(name, className, into, textContent = "") {
  const element = document.createElement(name);
  Object.assign(element, { className, textContent });
  into.append(element);
  return element;
}

// A finger that is lifted leaves at once; what it touched stays until it touches something else.
const lifted = ({ pointerType }) => pointerType === "touch";
