@echo off
rem Runs the program that LAPIDARY_NAME and LAPIDARY_MAIN name with the Java that is there. Usage: launch [ARGUMENT...]
set "LAPIDARY_HOME=%~dp0.."
if defined JAVA_HOME (set "LAPIDARY_JAVA=%JAVA_HOME%\bin\java.exe") else (set "LAPIDARY_JAVA=java.exe")
rem Jars that only serve --engine pytorch loads.
set "LAPIDARY_JARS=%LAPIDARY_HOME%\lib\launch\%LAPIDARY_NAME%.jar"
if "%LAPIDARY_NAME%"=="serve" set "LAPIDARY_JARS=%LAPIDARY_JARS%;%LAPIDARY_HOME%\lib\launch\pytorch.jar"
set ORT_DISABLE_TELEMETRY=1
"%LAPIDARY_JAVA%" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true -Dai.djl.offline=true -DOPT_OUT_TRACKING=true "-Dlapidary.home=%LAPIDARY_HOME%" "-Donnxruntime.native.path=%LAPIDARY_HOME%\natives" %LAPIDARY_JAVA_OPTS% -cp "%LAPIDARY_JARS%" %LAPIDARY_MAIN% %*
exit /b %ERRORLEVEL%
