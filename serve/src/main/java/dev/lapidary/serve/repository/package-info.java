/**
 * Models by name and version, each with a life of its own: {@link
 * dev.lapidary.serve.repository.ModelRepository}. Knows nothing of HTTP, nor of what a model is.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.serve.repository;
