/** What may be held and done at once: bounded admission, and how long what is held will take. */
@org.jspecify.annotations.NullMarked
package dev.lapidary.serve.admission;
