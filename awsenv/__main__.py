from awsenv.entry import main

main()
