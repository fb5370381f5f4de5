// Everything works without this file; it makes the page calmer, not possible.
document.documentElement.classList.add("scripted");
