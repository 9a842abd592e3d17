// Elements made where they belong.

function make(name, className, into, textContent = "") {
  const element = document.createElement(name);
  Object.assign(element, { className, textContent });
  into.append(element);
  return element;
}
