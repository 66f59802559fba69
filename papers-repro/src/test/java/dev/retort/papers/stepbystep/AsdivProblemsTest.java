package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.DataSet;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AsdivProblemsTest {

    private static final String AGAIN = "; remove it and run `retort data fetch asdiv`";

    @TempDir
    Path folder;

    @Test
    void readsAProblem() throws IOException {
        AsdivProblems read = load(corpus(problem(
                "nluds-0001", "Tom &amp; Ann have <![CDATA[<9>]]> \u00e9clairs.\n", " How many? ", "7+2=9", "9 (x)")));
        assertThat(read)
                .isEqualTo(new AsdivProblems(
                        List.of(new DssExample(
                                "asdiv-nluds-0001",
                                "Tom & Ann have <9> \u00e9clairs.\nHow many?",
                                "( 7.0 + 2.0 )",
                                null,
                                null,
                                null,
                                null,
                                null)),
                        1,
                        Map.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7+2+1=10              | 10 (x)      | ( ( 7.0 + 2.0 ) + 1.0 )",
                "10-(4-1)=7            | 7           | ( 10.0 - ( 4.0 - 1.0 ) )",
                "2+3*4=14              | 14 (x)      | ( 2.0 + ( 3.0 * 4.0 ) )",
                "8/2/2=2               | 2 (x)       | ( ( 8.0 / 2.0 ) / 2.0 )",
                "( (5 * ((100))) ) = 500 | 500       | ( 5.0 * 100.0 )",
                "1.80+.40+010=12.2     | 12.20 (x)   | ( ( 1.8 + 0.4 ) + 10.0 )",
                "0.1+0.2=0.3           | 0.3         | ( 0.1 + 0.2 )",
                "5/2=5/2               | 5/2         | ( 5.0 / 2.0 )",
                "99+99=198 cents       | 198 (cents) | ( 99.0 + 99.0 )",
                "12=12                 | 12          | 12.0"
            })
    void writesTheFormulaAsSvampDoes(String formula, String answer, String label) throws IOException {
        AsdivProblems read = load(corpus(problem("a", "B", "Q", formula, answer)));
        assertThat(read.problems()).extracting(DssExample::label).containsExactly(label);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x+15=96             | 81              | not-arithmetic",
                "LCM[4,6]=12         | 12              | not-arithmetic",
                "5, 7, 10            | 10              | not-arithmetic",
                "3^2=9               | 9               | not-arithmetic",
                "3(4)=12             | 12              | not-arithmetic",
                "-3+5=2              | 2               | not-arithmetic",
                "2*/3=6              | 6               | not-arithmetic",
                "(2+3=5              | 5               | not-arithmetic",
                "2+.=2               | 2               | not-arithmetic",
                "2+\u0663=5          | 5               | not-arithmetic",
                "4/(2-2)=0           | 0               | not-arithmetic",
                "=9                  | 9               | not-arithmetic",
                "3+5=8; 8-2=6        | 6 (x)           | several-equations",
                "4+5=9 apples < 10   | Yes             | answer-not-a-number",
                "5+5=10              | 4 (x); 6 (x)    | answer-not-a-number",
                "5+5=10              | 10:00 p.m.      | answer-not-a-number",
                "47/6=7 r5           | 5 (cookies)     | value-differs",
                "10/3=3.333          | 3.333 (minutes) | value-differs",
                "7+2=9               | 10              | value-differs",
                "7+2=10              | 9               | value-differs"
            })
    void dropsWhatIsNoEquationOfItsAnswer(String formula, String answer, String reason) throws IOException {
        AsdivProblems read = load(corpus(problem("a", "B", "Q", formula.replace("<", "&lt;"), answer)));
        assertThat(read).isEqualTo(new AsdivProblems(List.of(), 1, Map.of(reason, 1)));
    }

    @Test
    void dropsProblemsWithoutTheirTexts() throws IOException {
        AsdivProblems read = load(corpus(
                problem("a", " ", "Q", "1+1=2", "2"),
                problem("b", "B", "", "1+1=2", "2"),
                "<Problem ID='c'/>",
                "<Problem ID='d'><Body>B</Body><Question>Q</Question><Answer>2</Answer></Problem>",
                "<Problem ID='e'><Body>B</Body><Question>Q</Question><Formula>1+1=2</Formula></Problem>"));
        assertThat(read.problems()).isEmpty();
        assertThat(read.total()).isEqualTo(5);
        assertThat(read.dropped()).isEqualTo(Map.of("no-question", 3, "not-arithmetic", 1, "answer-not-a-number", 1));
    }

    @Test
    void boundsLengthAndDepth() throws IOException {
        AsdivProblems read = load(corpus(
                problem("deep", "B", "Q", "(".repeat(50) + "1+1" + ")".repeat(50) + "=2", "2"),
                problem("deeper", "B", "Q", "(".repeat(51) + "1+1" + ")".repeat(51) + "=2", "2"),
                problem("long", "B", "Q", "1+".repeat(200) + "1=201", "201"),
                problem("longer", "B", "Q", "1+".repeat(201) + "1=202", "202"),
                problem("longest", "B", "Q", "1" + "0".repeat(512) + "=1", "1")));
        assertThat(read.problems()).extracting(DssExample::id).containsExactly("asdiv-deep", "asdiv-long");
        assertThat(read.dropped()).isEqualTo(Map.of("not-arithmetic", 3));
    }

    @Test
    void refusesADocumentType() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
        String declared = "<!DOCTYPE r [<!ENTITY e SYSTEM '" + secret.toUri() + "'>]>";
        assertFails(
                declared + corpus(problem("a", "&e;", "Q", "1+1=2", "2")),
                ": declares a document type, which ASDiv does not" + AGAIN);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<r><Problem ID='a'><Body>&e;</Body></Problem></r>",
                "<r><Problem ID='a'><Body>B</Body></r>",
                "<r><Problem ID='a'><Body><b>B</b></Body></Problem></r>",
                "<r><Problem ID='a'><Body>B</Body><Body>C</Body></Problem></r>",
                "<r><Problem ID='a'>text</Problem></r>",
                "<r><Problem/></r>",
                "<r><Problem ID='../a'/></r>",
                "no XML"
            })
    void refusesWhatIsNotAsAsdivIsWritten(String text) throws IOException {
        assertFails(text, ": line 1 is not as ASDiv is written" + AGAIN);
    }

    @Test
    void refusesOtherEncodings() throws IOException {
        byte[] bytes = corpus(problem("a", "\u00e9", "Q", "1+1=2", "2")).getBytes(StandardCharsets.ISO_8859_1);
        Path path = write(bytes);
        assertThatThrownBy(() -> AsdivProblems.load(catalogue(bytes.length)))
                .isInstanceOf(IOException.class)
                .hasMessage(path + ": is not UTF-8" + AGAIN);
    }

    @Test
    void refusesAnEmptyCorpusAndRepeatedIds() throws IOException {
        assertFails(corpus(), ": holds no Problem" + AGAIN);
        String problem = problem("a", "B", "Q", "1+1=2", "2");
        assertFails(corpus(problem, problem), ": two problems have the ID a" + AGAIN);
    }

    @Test
    void refusesAFileThatIsLongerThanTheCatalogueSays() throws IOException {
        String corpus = corpus(problem("a", "B", "Q", "1+1=2", "2"));
        Path path = write(corpus.getBytes(StandardCharsets.UTF_8));
        int bytes = corpus.length() - 1;
        assertThatThrownBy(() -> AsdivProblems.load(catalogue(bytes)))
                .isInstanceOf(IOException.class)
                .hasMessage(path + ": longer than the " + bytes + " bytes of the catalogue" + AGAIN);
    }

    @Test
    void damagedFilesFailOnlyAsFiles() throws IOException {
        byte[] whole = ("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>"
                        + corpus(problem("a", "B &amp; \u00e9", "<![CDATA[Q]]>", "(1+1)*2=4", "4 (x)")))
                .getBytes(StandardCharsets.UTF_8);
        Random random = new Random(7);
        int failed = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int j = 0; j <= i % 3; j++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            write(damaged);
            try {
                assertThat(AsdivProblems.load(catalogue(damaged.length)).total())
                        .isEqualTo(1);
            } catch (IOException e) {
                failed++;
            }
        }
        assertThat(failed).isBetween(100, 299);
    }

    @Test
    void saysWhatToDownload() {
        assertThatThrownBy(() -> AsdivProblems.load(catalogue(1)))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("data file asdiv/ASDiv.xml is neither in");
    }

    @Test
    @Tag("shared-data")
    void readsAllOfAsdiv() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        AsdivProblems read = AsdivProblems.load(DataCatalogue.standard());
        assertThat(read.total()).isEqualTo(2305);
        assertThat(read.dropped())
                .isEqualTo(Map.of(
                        "answer-not-a-number",
                        9,
                        "not-arithmetic",
                        520,
                        "several-equations",
                        91,
                        "value-differs",
                        155));
        assertThat(read.problems()).hasSize(1530);
        assertThat(read.problems()).allSatisfy(problem -> assertThat(EquationValue.of(problem.label()))
                .isPresent());
        assertThat(SeededRandom.sha256Hex(read.problems().stream()
                        .map(problem -> problem.id() + " " + problem.label())
                        .collect(Collectors.joining("\n"))))
                .isEqualTo("6daa3435d11e29b196196a5930f5861a9787f7f6360fc4238c58526af1ebe86c");
    }

    private static String corpus(String... problems) {
        return "<Machine-Reading-Corpus-File><ProblemSet>\n" + String.join("\n", problems)
                + "</ProblemSet></Machine-Reading-Corpus-File>";
    }

    private static String problem(String id, String body, String question, String formula, String answer) {
        return "<Problem ID=\"" + id + "\" Grade=\"1\"><Body>" + body + "</Body><Question>" + question
                + "</Question><Solution-Type>Sum</Solution-Type><Answer>" + answer + "</Answer><Formula>" + formula
                + "</Formula></Problem>";
    }

    private AsdivProblems load(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(bytes);
        return AsdivProblems.load(catalogue(bytes.length));
    }

    private void assertFails(String text, String message) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Path path = write(bytes);
        assertThatThrownBy(() -> AsdivProblems.load(catalogue(bytes.length)))
                .isInstanceOf(IOException.class)
                .hasMessage(path + message);
    }

    private Path write(byte[] bytes) throws IOException {
        Path path = folder.resolve("asdiv/ASDiv.xml");
        Files.createDirectories(path.getParent());
        return Files.write(path, bytes);
    }

    private DataCatalogue catalogue(long bytes) {
        String hash = "0".repeat(64);
        DataFile file = new DataFile("asdiv/ASDiv.xml", List.of(), hash, hash, bytes, "none", true, null);
        DataSet set = new DataSet("asdiv", List.of(), "none", true, null, "here", null, List.of(file));
        return new DataCatalogue(List.of(set), folder, folder.resolve("cache"), Duration.ofSeconds(1));
    }
}
