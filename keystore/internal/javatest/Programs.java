import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Runs programs in this JVM, one after the other: to start a JVM takes longer than most
 * of them. A line of input is a class and its arguments in Base64, separated by blanks.
 * The answer is a line, "returned" or "threw" and a number, and as many bytes: what the
 * program printed, and then the stack of what it threw.
 */
public class Programs {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = System.out;
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split(" ", -1);
            String[] rest = new String[words.length - 1];
            for (int i = 0; i < rest.length; i++) {
                rest[i] = new String(Base64.getDecoder().decode(words[i + 1]), StandardCharsets.UTF_8);
            }
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            PrintStream print = new PrintStream(said, false, StandardCharsets.UTF_8);
            System.setOut(print);
            System.setErr(print);
            String how = "returned";
            try {
                Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
            } catch (InvocationTargetException e) {
                how = "threw";
                e.getCause().printStackTrace(print);
            }
            print.flush();
            out.println(how + " " + said.size());
            said.writeTo(out);
            out.flush();
        }
    }
}
