// Makes one tree like another while keeping the elements that stay: scroll positions, focus and movement go on. Elements
// are paired by their place; one that answers something else than before is another one. The mark of a finger that is
// down is the page's own.

const OURS = "data-pressed"; // touch.js

export function morph(now, then) {
  const wanted = [...then.childNodes];
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
  wanted.forEach((node, at) => {
    const old = now.childNodes[at];
    if (old === undefined) now.append(node);
    else if (old.nodeName !== node.nodeName || old.dataset?.answer !== node.dataset?.answer) old.replaceWith(node);
    else if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
    } else {
      for (const { name } of [...old.attributes]) if (name !== OURS && !node.hasAttribute(name)) old.removeAttribute(name);
      for (const { name, value } of node.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      morph(old, node);
    }
  });
}
