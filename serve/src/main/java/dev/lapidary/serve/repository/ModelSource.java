package dev.lapidary.serve.repository;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a version lies.
 *
 * @param name as its folder or file says; empty for a single file, which is called as its card says
 * @param version as its folder says; empty where there is none, and the card says it
 * @param file the model's
 */
record ModelSource(Optional<String> name, Optional<String> version, Path file) {}
