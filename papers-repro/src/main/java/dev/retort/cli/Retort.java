package dev.retort.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code retort} command. Results go to stdout, progress and logs to stderr. */
@Command(
        name = "retort",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Distils large language models into small ones and reproduces the papers that showed how.",
        subcommands = {
            QuickstartCommand.class,
            PapersCommand.class,
            RunCommand.class,
            TableCommand.class,
            DistilCommand.class,
            SampleCommand.class,
            FilterCommand.class,
            JudgeCommand.class,
            VoteCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            GenerateCommand.class,
            ShowBatchCommand.class,
            LogitsCommand.class,
            TokenizeCommand.class,
            LossCommand.class,
            ScoreCommand.class,
            SignalsCommand.class,
            ModelCommand.class,
            DataCommand.class,
            NotebookCommand.class,
            DoctorCommand.class,
            BenchCommand.class
        })
public final class Retort implements Runnable {

    /** Done. */
    static final int DONE = 0;

    /** Failed: a bad file, model or server included. */
    static final int FAILED = 1;

    /** Wrong usage. */
    static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "give a command; retort --help lists them");
    }

    /** Runs a command and exits with its status. */
    public static void main(String[] arguments) {
        int status = execute(arguments);
        System.out.flush();
        System.exit(status);
    }

    /** Runs a command and gives its exit status. */
    public static int execute(String... arguments) {
        CommandLine line = new CommandLine(new Retort());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        line.setExecutionExceptionHandler((exception, command, parsed) -> {
            if (Arrays.asList(arguments).contains("--verbose")) {
                exception.printStackTrace(command.getErr());
            }
            command.getErr().println("retort: " + message(exception));
            command.getErr().flush();
            return exception instanceof UsageException ? USAGE : FAILED;
        });
        line.setParameterExceptionHandler((exception, given) -> {
            CommandLine command = exception.getCommandLine();
            command.getErr().println("retort: " + firstLine(exception.getMessage()));
            CommandLine.UnmatchedArgumentException.printSuggestions(exception, command.getErr());
            command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
            command.getErr().flush();
            return USAGE;
        });
        return line.execute(arguments);
    }

    /** One line that says what is wrong. */
    static String message(Throwable exception) {
        if (exception instanceof UncheckedIOException unchecked) {
            return message(unchecked.getCause());
        }
        if (exception instanceof NoSuchFileException missing) {
            return missing.getFile() + ": no such file or folder";
        }
        if (exception instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (exception instanceof FileSystemException other && other.getReason() != null) {
            return other.getFile() + ": " + other.getReason();
        }
        if (exception instanceof OutOfMemoryError) {
            return "out of memory: " + exception.getMessage();
        }
        String text = exception.getMessage();
        boolean says = exception instanceof IOException || exception instanceof RuntimeException;
        return text == null || !says ? exception.toString() : firstLine(text);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse(text);
    }
}
