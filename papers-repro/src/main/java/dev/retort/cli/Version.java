package dev.retort.cli;

import dev.retort.run.GitRevision;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String packed = Version.class.getPackage().getImplementationVersion();
        GitRevision git = GitRevision.detect();
        return new String[] {
            "retort " + (packed == null ? "0.1.0-SNAPSHOT" : packed) + " ("
                    + (git.revision() == null ? "unknown revision" : git.revision())
                    + (git.dirty() ? ", changed" : "") + ")"
        };
    }
}
